import { createSecretKey, randomBytes } from 'node:crypto';
import type { KeyRing } from '../key-ring';

/** New keys of these names. */
export function aKeyRing(...names: string[]): KeyRing {
  return new Map(names.map((name) => [name, createSecretKey(randomBytes(32))]));
}
