export type * from './index.js';
export { LoadOptionsError, loadTest, PreflightError, REFERENCE_TARGETS, ThresholdError } from './index.js';
