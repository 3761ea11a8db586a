export { HIGHEST_NS, LOWEST_NS, SIGNIFICANT_DIGITS } from './buckets';
export { HISTOGRAM_BYTES, Histogram, type SparseHistogram } from './histogram';
export { type PercentileUnit, percentileText } from './percentile-text';
