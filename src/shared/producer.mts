export type * from './producer.js';
export { attachProducer, HubError, HubErrorCode, Producer } from './producer.js';
