/** Words of each seat. */
export const DoomedWord = { BEGUN: 0, POSTED: 1, WORDS: 2 } as const;
