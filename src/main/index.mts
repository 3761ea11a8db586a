export type * from './index.js';
export {
  attachProducer,
  CloseCode,
  connectProducer,
  createHub,
  Hub,
  HubError,
  HubErrorCode,
  Producer,
  readStats,
} from './index.js';
