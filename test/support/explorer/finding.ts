/** A promise of the ring that did not hold. */
export class Finding extends Error {}
