/** A team of processes that decides on lines as a test feeds them, and what the test does to it. */
import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import type { Faults } from './faulty-agent.fixture.ts'
import { processTeam, type Running, type TeamOptions } from './processes.fixture.ts'
import { checkTeam, type Line } from './team-check.oracle.ts'

/** Events that are fed again where the enforcer begins again: fewer than it knows by their ids. */
const FED_AGAIN = 50_000

/** Resolves when something holds, looked at again and again; the time limit of the test is its end. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20))
}

/** The lines of a file that grows: how many there are, and the last one. */
function growing(path: string): { readonly count: () => number; readonly last: () => string } {
  const piece = Buffer.alloc(2 ** 20)
  let [at, count, rest, last] = [0, 0, '', '']
  const read = () => {
    if (!existsSync(path)) return
    const file = openSync(path, 'r')
    for (let bytes = -1; bytes !== 0; ) {
      bytes = readSync(file, piece, 0, piece.length, at)
      at += bytes
      const lines = (rest + piece.toString('latin1', 0, bytes)).split('\n')
      rest = lines.pop()!
      count += lines.length
      last = lines.at(-1) ?? last
    }
    closeSync(file)
  }
  return {
    count() {
      read()
      return count
    },
    last() {
      read()
      return last
    },
  }
}

/** How a team is fed. */
type FedOptions = TeamOptions & {
  /** by agent */
  readonly faulty?: Readonly<Record<number, Faults>>
  readonly deadlineMs?: number
  /** events that there are to feed: 400 times as many */
  readonly rounds?: number
}

/** A team that decides on lines as they are fed to it; `end` it. */
export async function fedTeam({ faulty = {}, deadlineMs = 120_000, rounds = 20, ...options }: FedOptions) {
  const team = await processTeam({ viewMs: 1000, batch: 16, ...options })
  return new FedTeam(team, { faulty, deadlineMs, lines: team.lines(rounds) })
}

/** What `fedTeam` gives. */
class FedTeam {
  readonly agents: Running[]
  enforcer: Running
  readonly #team: Awaited<ReturnType<typeof processTeam>>
  readonly #lines: readonly string[]
  readonly #faulty: Readonly<Record<number, Faults>>
  readonly #deadlineMs: number
  readonly #running: Running[] = []
  readonly #decided: ReturnType<typeof growing>
  #fed = 0

  constructor(
    team: Awaited<ReturnType<typeof processTeam>>,
    options: { faulty: Readonly<Record<number, Faults>>; deadlineMs: number; lines: readonly string[] },
  ) {
    this.#team = team
    this.#lines = options.lines
    this.#faulty = options.faulty
    this.#deadlineMs = options.deadlineMs
    this.#decided = growing(team.file('out/decisions.jsonl'))
    this.agents = Array.from({ length: team.agentCount }, (_, agent) => this.#start(agent))
    this.enforcer = this.#startEnforcer()
  }

  get files() {
    return this.#team
  }

  /** Feeds so many events more. @throws where there are not so many */
  feed(count: number): number {
    if (this.#fed + count > this.#lines.length) throw new Error(`There are ${this.#lines.length} events to feed.`)
    this.#write(this.#fed, this.#fed + count)
    this.#fed += count
    return this.#fed
  }

  async answered(rows: number): Promise<void> {
    await until(() => this.#decided.count() >= rows)
  }

  /** Feeds so many events more, and waits for their decisions. */
  async decide(count: number): Promise<void> {
    await this.answered(this.feed(count))
  }

  async kill(agent: number): Promise<void> {
    this.agents[agent].process.kill('SIGKILL')
    await this.agents[agent].ended
  }

  begin(agent: number): void {
    this.agents[agent] = this.#start(agent)
  }

  /** Batches with a certificate. */
  batches(): number {
    return this.#team.certificateCount()
  }

  /** Begins an agent again, and decides until the team counts its ballots again. */
  async restart(agent: number): Promise<void> {
    this.begin(agent)
    await until(() => this.agents[agent].said().includes('listens'))
    await this.counted(agent)
  }

  /** Decides until the team counts an agent's ballots. */
  async counted(agent: number): Promise<void> {
    do await this.decide(16)
    while ((JSON.parse(this.#decided.last()) as Line).votes?.[agent] == null)
  }

  /** Decides until an agent, begun again, has no more room for its log. @returns its exit code, and what it said */
  async fillDisk(agent: number): Promise<[number | string, string]> {
    await this.kill(agent)
    const limited = this.#team.agentWithin(agent, 128)
    this.#running.push(limited)
    let code: number | string | null = null
    void limited.ended.then((ended) => {
      code = ended
    })
    while (code === null) await this.decide(16)
    return [code, limited.said()]
  }

  /** The enforcer is killed, and another one is given again what it may have missed: all without an answer, however much a slow team has before it. */
  async restartEnforcer(): Promise<void> {
    this.enforcer.process.kill('SIGKILL')
    await this.enforcer.ended
    this.enforcer = this.#startEnforcer()
    this.#write(Math.max(0, Math.min(this.#decided.count(), this.#fed - FED_AGAIN)), this.#fed)
  }

  /** Ends the input, and looks at everything. */
  async check(liars: readonly number[] = []) {
    this.enforcer.process.stdin?.end()
    const code = await this.enforcer.ended
    const honest = this.agents.map((_, agent) => agent).filter((agent) => !liars.includes(agent))
    const found = await checkTeam(this.#team.folder, {
      ...{ lines: this.#team.decisions(), evidence: this.#team.evidence(), honest },
      wanted: await this.#team.alone(this.#lines.slice(0, this.#fed)),
    })
    return { code, rows: this.#decided.count() === this.#fed, ...found }
  }

  async end(): Promise<void> {
    for (const { process } of this.#running) process.kill('SIGKILL')
    await Promise.all(this.#running.map(({ ended }) => ended))
    this.#team.remove()
  }

  #start(agent: number): Running {
    const started = this.#team.agent(agent, this.#faulty[agent])
    this.#running.push(started)
    return started
  }

  #startEnforcer(): Running {
    const started = this.#team.enforcer('', `--deadline-ms=${this.#deadlineMs}`, '--wait-ms=5')
    this.#running.push(started)
    return started
  }

  #write(from: number, to: number): void {
    const text = this.#lines.slice(from, to).map((line) => `${line}\n`)
    this.enforcer.process.stdin?.write(text.join(''))
  }
}
