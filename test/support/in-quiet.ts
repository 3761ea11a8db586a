/** Measurements on a machine that does other things, too. */

const QUIET_TRIES = 5;

/**
 * Other programs of the machine disturb a measurement now and then: it is made again, a few times. What is wrong with the
 * harness itself is wrong each time.
 */
export async function inQuiet(measurement: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await measurement();
    } catch (disturbed) {
      if (tries === QUIET_TRIES) throw disturbed;
    }
  }
}
