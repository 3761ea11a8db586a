/** The slope of the straight line that fits best (least squares), in y a unit of x. */
export function slopeOf(points: readonly { x: number; y: number }[]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanX = mean(points.map(({ x }) => x));
  const meanY = mean(points.map(({ y }) => y));
  const up = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0);
  return up / points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
}
