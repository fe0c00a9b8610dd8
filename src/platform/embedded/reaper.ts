/**
 * A small program that ends another one when the process that started both is gone, for systems without `setpriv --pdeathsig`.
 * Its stdin is a pipe from that process: the pipe closes however the process ends, kill -9 included.
 * Arguments: process id, signal to begin with, milliseconds until SIGKILL.
 */
const [pid, signal, limitMs] = [Number(process.argv[2]), process.argv[3] as NodeJS.Signals, Number(process.argv[4])]

function send(what: NodeJS.Signals): void {
  try {
    process.kill(pid, what)
  } catch {
    process.exit(0) // It is gone already.
  }
}

function isGone(): boolean {
  try {
    return !process.kill(pid, 0)
  } catch {
    return true
  }
}

function reap(): void {
  send(signal)
  setInterval(() => isGone() && process.exit(0), 50)
  setTimeout(() => send('SIGKILL'), limitMs)
}

process.stdin.resume()
process.stdin.once('end', reap)
process.stdin.once('error', reap)
