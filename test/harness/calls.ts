import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

type Command = (input: never) => Promise<unknown>
type Call = { id: number; name: string; input: unknown }
type Answer = { id: number; result: unknown } | { id: number; error: string }

/** A child process that answers calls; end it with `close()`. */
export type Callee<Commands> = {
  readonly process: ChildProcess
  call<Name extends keyof Commands & string>(
    name: Name,
    ...input: InputOf<Commands[Name]> extends undefined ? [] : [InputOf<Commands[Name]>]
  ): Promise<ResultOf<Commands[Name]>>
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
type InputOf<Each> = Each extends (input: infer Input) => unknown
  ? unknown extends Input
    ? undefined
    : Input
  : never
type ResultOf<Each> = Each extends (input: never) => Promise<infer Result> ? Result : never

/** Runs in the child process: executes the commands that the parent calls. Exits with its parent. */
export function answerCalls(commands: Record<string, Command>): void {
  process.on('message', ({ id, name, input }: Call) => {
    commands[name]!(input as never).then(
      (result) => process.send!({ id, result }),
      (error: unknown) =>
        process.send!({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    )
  })
  process.on('disconnect', () => process.exit())
}

/** Starts `file` (which calls `answerCalls`) as a child process; `core` pins it to one core. */
export function startCallee<Commands>(
  file: string,
  { core, execArgv = [], env }: { core?: number; execArgv?: string[]; env?: NodeJS.ProcessEnv } = {}
): Callee<Commands> {
  const child = fork(file, {
    serialization: 'advanced',
    execArgv,
    ...(env && { env }),
    ...(core !== undefined && {
      execPath: 'taskset',
      execArgv: ['-c', String(core), process.execPath, ...execArgv]
    })
  })
  const calls = new Map<number, { resolve: (result: never) => void; reject: (error: Error) => void }>()
  let nextId = 1
  child.on('message', (answer: Answer) => {
    const call = calls.get(answer.id)!
    calls.delete(answer.id)
    if ('error' in answer) call.reject(new Error(answer.error))
    else call.resolve(answer.result as never)
  })
  const ended = once(child, 'exit')
  child.once('exit', () => {
    for (const { reject } of calls.values()) reject(new Error(`${file} ended`))
  })
  async function close(): Promise<void> {
    if (child.connected) child.disconnect()
    await ended
  }
  return {
    process: child,
    call: (name, ...input) =>
      new Promise((resolve, reject) => {
        if (!child.connected) return reject(new Error(`${file} has ended`))
        const id = nextId++
        calls.set(id, { resolve, reject })
        child.send({ id, name, input: input[0] })
      }),
    close,
    [Symbol.asyncDispose]: close
  }
}
