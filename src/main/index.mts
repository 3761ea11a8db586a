export type * from './index.js';
export {
  attachProducer,
  CloseCode,
  createHub,
  Hub,
  HubError,
  HubErrorCode,
  Producer,
  readStats,
} from './index.js';
