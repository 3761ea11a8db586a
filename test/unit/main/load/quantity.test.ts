import { formatQuantity, formatTime, Kind, unitFactor } from '../../../../src/main/load/quantity';

test.each([
  [0, '0 ms'],
  [0.0019, '1.90 µs'],
  [0.064, '0.064 ms'],
  [1.214, '1.21 ms'],
  [14.06, '14.1 ms'],
  [1_204, '1,204 ms'],
  [12_400, '12.4 s'],
  [3_600_000, '3,600 s'],
])('%d ms are shown as %s', (ms, text) => {
  expect(formatTime(ms)).toBe(text);
});

test.each([
  [1_198_114, Kind.COUNT, '1,198,114'],
  [39_937.4, Kind.RATE, '39,937/s'],
  [0, Kind.BYTES, '0 B'],
  [20_992, Kind.BYTES, '20.5 KiB'],
  [222_298_112, Kind.BYTES, '212 MiB'],
  [5_107_200, Kind.BYTE_RATE, '4.87 MiB/s'],
  [1, Kind.SHARE, '100.0 %'],
  [0.99991, Kind.SHARE, '99.99 %'],
  [0.48, Kind.SHARE, '48.0 %'],
  [0.000_004, Kind.SHARE, '0.0004 %'],
  [0.93, Kind.CORES, '0.930 cores'],
])('%d as %s is shown as %s', (value, kind, text) => {
  expect(formatQuantity(value, kind)).toBe(text);
});

test.each([null, undefined, Number.NaN, Number.POSITIVE_INFINITY])('%s is not known', (value) => {
  for (const kind of Object.values(Kind)) expect(formatQuantity(value, kind)).toBe('n/a');
});

test('a share just below all is not shown as all', () => {
  expect(formatQuantity(0.999_999, Kind.SHARE)).not.toBe('100.0 %');
});

test('a unit of another kind is none', () => {
  expect(unitFactor(Kind.TIME, 'KiB', 1)).toBeUndefined();
  expect(unitFactor(Kind.BYTES, '', 0)).toBe(1);
  expect(unitFactor(Kind.BYTES, '', 5)).toBeUndefined();
});
