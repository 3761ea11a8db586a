/** How the demo shows its figures: a live line on a terminal, plain lines now and then elsewhere, a table at the end. */

const LIVE_MS = 250;
const PLAIN_MS = 5_000;
const CLEAR_LINE = '\r\x1b[2K';

export const figures = {
  count: (number: number) => Math.round(number).toLocaleString('en'),
  ms: (ms: number) => `${ms.toFixed(2)} ms`,
};

export class LiveLine {
  readonly #timer: NodeJS.Timeout;
  readonly #onTerminal = process.stderr.isTTY === true;

  constructor(text: () => string) {
    const write = this.#onTerminal
      ? () => process.stderr.write(CLEAR_LINE + text().slice(0, process.stderr.columns - 1))
      : () => process.stderr.write(`${text()}\n`);
    this.#timer = setInterval(write, this.#onTerminal ? LIVE_MS : PLAIN_MS);
  }

  end(): void {
    clearInterval(this.#timer);
    if (this.#onTerminal) process.stderr.write(CLEAR_LINE);
  }
}

/** Names on the left, figures on the right, one below the other. */
export function formatTable(rows: { [name: string]: number | string }): string {
  const cells = Object.entries(rows).map(([name, value]) => [
    name,
    typeof value === 'number' ? figures.count(value) : value,
  ]);
  const [nameWidth, valueWidth] = [0, 1].map((column) => Math.max(...cells.map((row) => row[column].length)));
  return cells.map(([name, value]) => `${name.padEnd(nameWidth)}  ${value.padStart(valueWidth)}`).join('\n');
}
