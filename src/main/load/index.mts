export type * from './index.js';
export { LoadOptionsError, loadTest, REFERENCE_TARGETS } from './index.js';
