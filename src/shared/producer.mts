export type * from './producer.js';
export { attachProducer, HubError, HubErrorCode, Producer, readStats } from './producer.js';
