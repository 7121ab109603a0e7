import { closeSync, openSync } from 'node:fs'

/**
 * Makes a file that its owner alone can read (0600), before anything is in it: what SQLite creates by itself is readable for
 * others. The files that SQLite puts beside a database take its mode. Changes nothing where the file is there.
 */
export function createPrivate(path: string): void {
  closeSync(openSync(path, 'a', 0o600))
}
