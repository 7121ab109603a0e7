import { chmod, mkdir, readdir, stat } from 'node:fs/promises'

/** Names of what Parley keeps in its data folder. */
const own = /^(parley[.-]|setup-link|blobs$|lost\+found$)/

/**
 * Makes the data folder, for its owner alone (0700). One that was there, and holds nothing but Parley's files, is made so too;
 * one with other files in it is left as it is. Returns what to say about that, or null.
 */
export async function openDataDir(path: string): Promise<string | null> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  const { mode } = await stat(path)
  if ((mode & 0o077) === 0) return null
  const other = (await readdir(path)).find((name) => !own.test(name))
  if (other === undefined) {
    await chmod(path, 0o700)
    return null
  }
  return (
    `${path} holds other files ("${other}") and is open to other users (mode ${(mode & 0o777).toString(8)}): it is left so. ` +
    'Give Parley a folder of its own (DATA_DIR), or run: chmod 700 ' +
    path
  )
}
