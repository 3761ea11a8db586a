/** A report cannot be read or written: the message says what is wrong, `remedy` what to do. */
export class ReportError extends Error {
  readonly remedy: string | undefined;

  constructor(message: string, { remedy, cause }: { remedy?: string; cause?: unknown } = {}) {
    super(message, { cause });
    this.name = 'ReportError';
    this.remedy = remedy;
  }
}
