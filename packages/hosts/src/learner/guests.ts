/** The hosts that a learner knows: who may work, who was refused, what arrived of whom. */
import { harmlessText } from '@vigil/command-line'
import { differenceOfBuilds } from '../wire/build.ts'
import type { Build, Hello } from '../wire/messages.ts'
import type { Gathering } from '../wire/parts.ts'

/** Names that are remembered at most; beyond, those that neither work nor are banned are forgotten, the oldest first. */
const GUESTS_MAX = 1024
/** Messages that cannot be read are refused; whoever sends so many is banned. */
const FAULTS_MAX = 3
/** Refusals of one host that are told. */
const TOLD_MAX = 5

/** A host, as the learner sees it. */
export type Guest = {
  readonly name: string
  /** new: its canary is due; banned: for good */
  standing: 'new' | 'taken' | 'refused' | 'banned'
  /** Why it was refused or banned. */
  reason: string
  actors: number
  /** When it was given the canary, in milliseconds; null = not yet. */
  provesSinceMs: number | null
  faults: number
  told: number
  /** the last collection in which it held a shard for too long; null = none */
  overdueIn: number | null
  /** What is on its way, by shard. */
  readonly uploads: Map<string, { readonly sha256: string; readonly gathering: Gathering }>
}

/** What a run asks of its hosts. */
type Demands = { readonly build: Build; readonly family: string | null }

/** The hosts of a run. */
export type Guests = {
  get(name: string): Guest | undefined
  /** Judges who asks for work. @returns why not, else null */
  hello(name: string, hello: Hello): string | null
  /** Tells of a refusal, but not for ever. */
  tell(guest: Guest, text: string): void
  /** Tells, once a name and of few names, of a host that waits for another run. */
  tellStray(name: string, run: string): void
  /** Drops what was begun and not ended in earlier collections. Of the canary it stays. */
  forgetUploads(): void
  /** Whether this fault was one too many. */
  isTooFaulty(guest: Guest): boolean
  counts(): { readonly hosts: number; readonly actors: number }
}

function strangerOf(name: string, { actors }: Hello): Guest {
  const counts = { faults: 0, told: 0, overdueIn: null }
  return { name, standing: 'new', reason: '', actors, provesSinceMs: null, ...counts, uploads: new Map() }
}

/** @see Guests */
export function createGuests({ build, family }: Demands, note: (text: string) => void): Guests {
  const guests = new Map<string, Guest>()
  const strays = new Set<string>()
  const tell = (guest: Guest, text: string) => {
    guest.told++
    if (guest.told <= TOLD_MAX) note(`host ${guest.name}: ${harmlessText(text, 1000)}`)
    if (guest.told === TOLD_MAX) note(`host ${guest.name}: further refusals are not told`)
  }
  return {
    get: (name) => guests.get(name),
    tell,
    tellStray(name, run) {
      if (strays.has(name) || strays.size === TOLD_MAX) return
      strays.add(name)
      note(`host ${name} works for run ${run} alone, which is not this one`)
    },
    hello(name, hello) {
      const known = guests.get(name)
      if (known?.standing === 'banned') return known.reason
      if (known === undefined && guests.size >= GUESTS_MAX && !forgetOne())
        return `there are ${GUESTS_MAX} hosts already`
      const guest = known ?? strangerOf(name, hello)
      // Behind all others, as the one that was heard of latest.
      guests.delete(name)
      guests.set(name, guest)
      const reason = unfit(hello)
      if (reason === null) {
        Object.assign(guest, { standing: 'new', actors: hello.actors, provesSinceMs: null })
        guest.uploads.clear()
        return null
      }
      Object.assign(guest, { standing: 'refused', reason })
      tell(guest, `refused: ${reason}`)
      return reason
    },
    forgetUploads() {
      for (const { standing, uploads } of guests.values()) if (standing !== 'new') uploads.clear()
    },
    isTooFaulty(guest) {
      guest.faults++
      return guest.faults >= FAULTS_MAX
    },
    counts() {
      const working = [...guests.values()].filter(({ standing }) => standing === 'taken')
      return { hosts: working.length, actors: working.reduce((sum, { actors }) => sum + actors, 0) }
    },
  }

  function forgetOne(): boolean {
    for (const { name, standing } of guests.values()) {
      if (standing === 'new' || standing === 'refused') return guests.delete(name)
    }
    return false
  }

  function unfit({ build: other, families }: Hello): string | null {
    const difference = differenceOfBuilds({ host: other, learner: build })
    if (difference !== null) return `other builds give other bits: ${difference}`
    if (family === null || families.includes(family)) return null
    return `rollouts of this run are computed by kernels of the family "${family}", which are not to be had on that host; train with --engine=portable`
  }
}
