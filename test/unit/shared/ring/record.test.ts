import { MAX_LANE_BYTES, MIN_LANE_BYTES } from '../../../../src/shared/ring/layout';
import { HEADER_BYTES, maxRecordBytes, recordBytes } from '../../../../src/shared/ring/record';

describe('the size of a record', () => {
  it('is header and content, up to the next multiple of 8', () => {
    expect(recordBytes(0)).toBe(HEADER_BYTES);
    for (let content = 0; content < 300; content++) {
      const size = recordBytes(content);
      expect(size % 8).toBe(0);
      expect(size - HEADER_BYTES - content).toBeGreaterThanOrEqual(0);
      expect(size - HEADER_BYTES - content).toBeLessThan(8);
    }
  });

  it('is at most half a lane: with the padding before it, it fits the empty lane wherever the tail stands', () => {
    for (let laneBytes = MIN_LANE_BYTES; laneBytes <= MAX_LANE_BYTES; laneBytes *= 2) {
      const largest = maxRecordBytes(laneBytes);
      expect(largest).toBe(laneBytes / 2);
      const longestPadding = largest - 8;
      expect(longestPadding + largest).toBeLessThanOrEqual(laneBytes);
    }
  });
});
