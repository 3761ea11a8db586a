export type * from './index.js';
export { LoadOptionsError, loadTest, REFERENCE_TARGETS, ThresholdError } from './index.js';
