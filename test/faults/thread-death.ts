/**
 * Imported before Parley in every thread of its process: on SIGUSR2, the thread TEST_DYING_THREAD throws an
 * error.
 */
import { BroadcastChannel, isMainThread, workerData } from 'node:worker_threads'

const channel = new BroadcastChannel('thread-death')
channel.unref()
if (isMainThread) process.on('SIGUSR2', () => channel.postMessage('die'))
else if ((workerData as { mode?: string } | null)?.mode === process.env['TEST_DYING_THREAD']) {
  channel.onmessage = () => {
    throw new Error('an unforeseen fault')
  }
}
