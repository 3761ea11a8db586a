export * from '../shared/producer.mjs';
export type * from './producer.js';
export { connectProducer } from './producer.js';
