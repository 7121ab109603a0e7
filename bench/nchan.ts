import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../test/harness/parley.ts'

const program = '/usr/sbin/nginx'
const nchanModule = '/usr/lib/nginx/modules/ngx_nchan_module.so'

/** Whether nginx with nchan is installed (Debian: libnginx-mod-nchan). */
export const hasNchan = existsSync(program) && existsSync(nchanModule)

/**
 * Starts nginx with one worker on `core` and one channel: POST `/publish`, and `/subscribe` as an event
 * stream.
 */
export async function startNchan(
  core: number
): Promise<{ port: number; pids: number[]; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-nchan-'))
  const port = await freePort()
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  await writeFile(
    join(folder, 'nginx.conf'),
    `load_module ${nchanModule};
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${folder}/nginx.pid;
daemon off;
error_log ${folder}/error.log;
worker_rlimit_nofile 20000;
events { worker_connections 19000; }
http {
  ${temporary.map((each) => `${each}_temp_path ${folder}/${each};`).join(' ')}
  access_log off;
  tcp_nodelay on;
  keepalive_requests 1000000;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location = /publish { nchan_publisher; nchan_channel_id person; nchan_message_buffer_length 200; }
    location = /subscribe { nchan_subscriber eventsource; nchan_subscriber_first_message newest; nchan_channel_id person; }
  }
}
`
  )
  const args = ['-c', String(core), program, '-p', folder, '-c', join(folder, 'nginx.conf')]
  const master = spawn('taskset', args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const ended = once(master, 'exit')
  while (!(await fetch(`http://127.0.0.1:${port}/publish`).catch(() => null))) await delay(20)
  const { stdout } = spawn('pgrep', ['-P', String(master.pid)])
  let children = ''
  for await (const chunk of stdout) children += String(chunk)
  return {
    port,
    pids: [master.pid!, ...children.trim().split('\n').map(Number)],
    async close() {
      master.kill('SIGTERM')
      await ended
      await rm(folder, { recursive: true })
    }
  }
}
