/** Bundles the server of this checkout once for each run, so that tests never run an older build of it. */
export { buildServer as setup } from '../../scripts/build-server.ts'
