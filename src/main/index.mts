export type * from './index.js';
export {
  attachProducer,
  CloseCode,
  connectProducer,
  createHub,
  defaultProducerSocket,
  Hub,
  HubError,
  HubErrorCode,
  Producer,
  readStats,
} from './index.js';
