export { HIGHEST_NS, HISTOGRAM_BYTES, Histogram, LOWEST_NS, SIGNIFICANT_DIGITS } from './histogram';
