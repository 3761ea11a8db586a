/** What one client got of each stream, and what it should have. Thread: a load thread. */

export interface Balance {
  expected: number;
  lost: number;
  /** Of them, those that a connection missed which ended before the test did. */
  lostDisconnected: number;
}

interface StreamAccount {
  first: number;
  next: number;
  missing: Set<number>;
}

export class Account {
  readonly #streams = new Map<number, StreamAccount>();
  #joined = false;

  take(stream: number, sequence: number): 'new' | 'late' | 'duplicate' {
    let account = this.#streams.get(stream);
    if (account === undefined) {
      const first = this.#joined ? sequence : 0;
      account = { first, next: first, missing: new Set() };
      this.#streams.set(stream, account);
    }
    if (sequence >= account.next) {
      for (let at = account.next; at < sequence; at++) account.missing.add(at);
      account.next = sequence + 1;
      return 'new';
    }
    return account.missing.delete(sequence) ? 'late' : 'duplicate';
  }

  join(): void {
    this.#streams.clear();
    this.#joined = true;
  }

  balance(published: Record<number, number>, only: number | undefined): Balance {
    let expected = 0;
    let lost = 0;
    for (const [key, count] of Object.entries(published)) {
      const stream = Number(key);
      if (only !== undefined && stream !== only) continue;
      const account = this.#streams.get(stream) ?? { first: 0, next: 0, missing: new Set() };
      expected += count - account.first;
      lost += account.missing.size + count - account.next;
    }
    return { expected, lost, lostDisconnected: 0 };
  }
}
