/** Bundles this checkout's server once per run, so that tests never run an older build. */
export { buildServer as setup } from '../../scripts/build-server.ts'
