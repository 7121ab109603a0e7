const needed = 26

/** Ends the process where Node is too old to run Parley. Whatever needs the new Node is imported after this. */
export function requireNode(): void {
  if (Number(process.versions.node.split('.')[0]) >= needed) return
  console.error(
    `Parley needs Node ${needed} or newer; this is Node ${process.versions.node}.\n` +
      'npm ci brings the right one along: use npm start, or npx parley.'
  )
  process.exit(1)
}
