/**
 * How much of one stream of messages (a subscription's, or the private messages of a connection) is written to the socket, and how
 * much of that the peer is known to have read, or known not to have.
 *
 *     acknowledged ≤ asked ≤ written
 *
 * `asked` is where the stream stood when the oldest ping that is not answered was written: what is behind it the peer cannot have
 * read without having read the ping.
 *
 * Thread: the service's.
 */

export class ReadProgress {
  writtenBytes = 0;
  writtenMessages = 0;
  acknowledgedBytes = 0;
  acknowledgedMessages = 0;
  askedBytes = 0;
  askedMessages = 0;
  /** Whether something was written that no ping stands behind. */
  unasked = false;

  /** Written, and not known to be read. */
  get unacknowledgedBytes(): number {
    return this.writtenBytes - this.acknowledgedBytes;
  }

  get unacknowledgedMessages(): number {
    return this.writtenMessages - this.acknowledgedMessages;
  }

  /** Written behind a ping that is not answered. */
  get unansweredBytes(): number {
    return this.writtenBytes - this.askedBytes;
  }

  get unansweredMessages(): number {
    return this.writtenMessages - this.askedMessages;
  }

  wrote(bytes: number, messages: number): void {
    this.writtenBytes += bytes;
    this.writtenMessages += messages;
  }
}
