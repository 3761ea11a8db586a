/** Every attack on a hub that begins after the handshake. */
import type { Attack } from './arena';
import { FLOOD_ATTACKS } from './floods';
import { LENGTH_ATTACKS } from './lengths';
import { NAME_ATTACKS } from './names';
import { WRONG_ATTACKS } from './wrongs';

export const ATTACKS: Attack[] = [...LENGTH_ATTACKS, ...FLOOD_ATTACKS, ...NAME_ATTACKS, ...WRONG_ATTACKS];
export type { Attack } from './arena';
export { type Form, type Trial, tryAttack } from './trial';
