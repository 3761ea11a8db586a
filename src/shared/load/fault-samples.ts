/** The first fault of each kind that messages of a test had, as a sentence. */
const SHOWN_BYTES = 40;

export class FaultSamples {
  readonly #ownStreams: boolean;
  readonly #first = new Map<string, string>();
  /** Of an account taken while the test runs: what is under way looks lost. */
  #lostSoFar: string | undefined;

  /** @param ownStreams clients get only what they sent themselves */
  constructor(ownStreams = false) {
    this.#ownStreams = ownStreams;
  }

  late(client: number, stream: number, sequence: number, after: number): void {
    if (!this.#first.has('late'))
      this.#first.set('late', `${this.#who(client, stream)}: message ${sequence} came after ${after}`);
  }

  duplicated(client: number, stream: number, sequence: number): void {
    if (!this.#first.has('duplicated'))
      this.#first.set('duplicated', `${this.#who(client, stream)}: message ${sequence} came again`);
  }

  /** @param final false: `forgetLost` takes it back */
  lost(client: number, stream: number, sequence: number, count: number, final: boolean): void {
    if (this.#first.has('lost') || (!final && this.#lostSoFar !== undefined)) return;
    const others = count === 1 ? '' : `, and ${count - 1} other${count === 2 ? '' : 's'} of that stream`;
    const sentence = `${this.#who(client, stream)}: message ${sequence} did not come${others}`;
    if (final) this.#first.set('lost', sentence);
    else this.#lostSoFar = sentence;
  }

  forgetLost(): void {
    this.#lostSoFar = undefined;
  }

  corrupt(client: number, bytes: number): void {
    if (!this.#first.has('corrupt'))
      this.#first.set('corrupt', `client ${client}: a message of ${bytes} bytes came damaged`);
  }

  /** A whole message for somebody else. */
  stray(client: number, stream: number): void {
    if (!this.#first.has('stray'))
      this.#first.set(
        'stray',
        `client ${client}: a message came of publisher ${stream}, which it should not get`,
      );
  }

  /** See `gaps.ts`. */
  guessed(client: number, sequence: number): void {
    if (!this.#first.has('guessed'))
      this.#first.set(
        'guessed',
        `client ${client}: so much is missing that message ${sequence}, and others, may have come late or again`,
      );
  }

  /** A whole message with a time before this test. */
  stale(client: number): void {
    if (!this.#first.has('stale'))
      this.#first.set(
        'stale',
        `client ${client}: a message came of an earlier test, which the server had kept`,
      );
  }

  foreign(client: number, message: Buffer): void {
    if (this.#first.has('foreign')) return;
    const shown = JSON.stringify(message.toString('latin1', 0, SHOWN_BYTES));
    const more = message.length > SHOWN_BYTES ? '…' : '';
    this.#first.set(
      'foreign',
      `client ${client}: a message of ${message.length} bytes has no stamp: ${shown}${more}`,
    );
  }

  sentences(): string[] {
    const sentences = [...this.#first.values()];
    if (this.#lostSoFar !== undefined && !this.#first.has('lost')) sentences.push(this.#lostSoFar);
    return sentences;
  }

  #who(client: number, stream: number): string {
    return this.#ownStreams ? `client ${client}` : `client ${client}, publisher ${stream}`;
  }
}
