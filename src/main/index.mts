export type * from './index.js';
export {
  attachProducer,
  CloseCode,
  createHub,
  emitStderr,
  formatLogRecord,
  Hub,
  HubError,
  HubErrorCode,
  LogLevel,
  log,
  logStats,
  Producer,
  readStats,
  setLogLevel,
} from './index.js';
