/** How every script starts other programs and says what went wrong. */
import { spawn, spawnSync } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** What the user should read as one sentence, without a stack. Exit code 2: theirs to mend. */
export class Failure extends Error {
  constructor(message, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

/**
 * Runs a program in the repository's root and waits for it; signals are passed on. A non-zero exit
 * is a Failure. `quiet` holds the output back and shows it only when the program failed. A program
 * that `explains` has said in one sentence what is wrong with its input when it exits with 2; there
 * is nothing to add to it.
 */
export function run(command, args, { quiet, explains, env = {}, cwd = root } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: quiet ? ['inherit', 'pipe', 'pipe'] : 'inherit',
    })
    const held = []
    child.stdout?.on('data', (chunk) => held.push(chunk))
    child.stderr?.on('data', (chunk) => held.push(chunk))

    let received
    const forward = (signal) => {
      received = signal
      child.kill(signal)
    }
    process.on('SIGINT', forward).on('SIGTERM', forward)
    const settle = (failure) => {
      process.off('SIGINT', forward).off('SIGTERM', forward)
      if (received) process.kill(process.pid, received)
      else if (failure) reject(failure)
      else resolve()
    }
    child.on('error', (error) => settle(new Failure(`cannot run ${command}: ${error.message}`)))
    child.on('close', (code, signal) => {
      if (code === 0) return settle()
      process.stderr.write(Buffer.concat(held))
      if (explains && code === 2) return settle(new Failure('', 2))
      const line = [command, ...args].slice(0, 6).join(' ')
      settle(new Failure(`${line}: ${signal ? `stopped by ${signal}` : `exit code ${code}`}`))
    })
  })
}

/** A program's stdout, or undefined where it is not installed or fails. */
export function read(command, args, { input } = {}) {
  const { status, stdout } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    input,
    stdio: ['pipe', 'pipe', 'ignore'],
    maxBuffer: 64 << 20,
  })
  return status === 0 ? stdout : undefined
}

/** The path of a tool that npm has installed. */
export function npmTool(name) {
  return join(root, 'node_modules/.bin', process.platform === 'win32' ? `${name}.cmd` : name)
}

/** A heading above the output of what comes next. */
export function heading(title) {
  console.log(process.stdout.isTTY ? `\n\x1b[1m${title}\x1b[0m` : `\n== ${title}`)
}

/** Whether the module is the program that was started, and not imported by one. */
export function isScript(moduleUrl) {
  const started = process.argv[1]
  return started !== undefined && realpathSync(started) === fileURLToPath(moduleUrl)
}

/** Runs a script's job; a Failure becomes its sentence and its exit code. */
export async function main(job) {
  try {
    await job()
  } catch (error) {
    const badArguments = error.code?.startsWith('ERR_PARSE_ARGS')
    if (!badArguments && !(error instanceof Failure)) throw error
    if (error.message) console.error(`\n${error.message}`)
    process.exitCode = badArguments ? 2 : error.exitCode
  }
}
