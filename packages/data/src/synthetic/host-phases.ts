/**
 * The known parameters of the synthetic host: what daemons, users and attackers do. Every number here is chosen, none is
 * measured; docs/features.md says what the choice aims at. Change one and the exact posterior follows.
 */

/** What a process does, to what kind of object, where. The first word is the event type. */
const ACTIVITIES = {
  'READ log': 'file',
  'READ config': 'file',
  'READ home': 'file',
  'READ library': 'file',
  'READ credential': 'file',
  'READ temp': 'file',
  'WRITE log': 'file',
  'WRITE home': 'file',
  'WRITE temp': 'file',
  'WRITE startup': 'file',
  'OPEN log': 'file',
  'OPEN config': 'file',
  'OPEN home': 'file',
  'OPEN library': 'file',
  'UNLINK temp': 'file',
  'UNLINK log': 'file',
  'CHMOD temp': 'file',
  'CHMOD startup': 'file',
  'EXECUTE tool': 'process',
  'EXECUTE shell': 'process',
  'EXECUTE temp': 'process',
  'FORK self': 'process',
  'SIGNAL other': 'process',
  'SETUID root': 'process',
  'CONNECT local': 'socket',
  'CONNECT known': 'socket',
  'CONNECT unknown': 'socket',
  'CONNECT peer': 'socket',
  'ACCEPT known': 'socket',
  'SEND local': 'socket',
  'SEND known': 'socket',
  'SEND unknown': 'socket',
  'SEND peer': 'socket',
  'RECEIVE local': 'socket',
  'RECEIVE known': 'socket',
  'RECEIVE unknown': 'socket',
  'RECEIVE peer': 'socket',
  'MMAP heap': 'memory',
  'MMAP library': 'memory',
  'MPROTECT heap': 'memory',
  'MPROTECT code': 'memory',
} as const

export type Activity = keyof typeof ACTIVITIES
export const activities = Object.keys(ACTIVITIES) as readonly Activity[]
export const objectKindOf = (activity: Activity): string => ACTIVITIES[activity]

/** Lower ends in bytes; an event's size is drawn log-uniformly between an end and the next one. */
export const SIZE_ENDS = [1, 64, 256, 1024, 4096, 16_384, 65_536, 1_048_576, 16_777_216] as const
/** Lower ends in milliseconds of the gap before an event. */
export const GAP_ENDS = [0.01, 1, 10, 100, 1000, 10_000, 60_000] as const

/** One thing a process may be busy with. */
export type Phase = {
  /** Relative weights of activities. */
  readonly does: Partial<Record<Activity, number>>
  /** Middle of the size and gap classes it prefers. */
  readonly size: number
  readonly gap: number
  /** Mean number of events before it changes. */
  readonly lasts: number
}

/** Daemon phases. */
export const DAEMON: Record<string, Phase> = {
  wait: {
    does: {
      'READ config': 3,
      'OPEN config': 2,
      'RECEIVE local': 4,
      'SEND local': 3,
      'WRITE log': 3,
      'FORK self': 0.5,
      'MMAP heap': 1,
    },
    size: 1.5,
    gap: 4,
    lasts: 60,
  },
  serve: {
    does: {
      'ACCEPT known': 4,
      'RECEIVE known': 6,
      'SEND known': 6,
      'CONNECT local': 2,
      'READ home': 2,
      'OPEN home': 1.5,
      'WRITE log': 3,
      'FORK self': 1,
      'MMAP heap': 1,
    },
    size: 3,
    gap: 2,
    lasts: 40,
  },
  upkeep: {
    does: {
      'OPEN log': 3,
      'READ log': 4,
      'WRITE log': 3,
      'UNLINK temp': 2,
      'READ temp': 2,
      'READ config': 2,
      'EXECUTE tool': 1.5,
      'FORK self': 1.5,
      'MMAP library': 1,
    },
    size: 4,
    gap: 2,
    lasts: 60,
  },
}

/** Phases of an interactive user's process. */
export const USER: Record<string, Phase> = {
  shell: {
    does: {
      'EXECUTE tool': 3,
      'FORK self': 2.5,
      'READ home': 3,
      'OPEN home': 3,
      'WRITE home': 1.5,
      'MMAP library': 2,
      'OPEN library': 2,
      'READ config': 1.5,
    },
    size: 2.5,
    gap: 3.5,
    lasts: 60,
  },
  browse: {
    does: {
      'CONNECT known': 3,
      'RECEIVE known': 6,
      'SEND known': 3,
      'WRITE temp': 2,
      'READ temp': 2,
      'MMAP heap': 2,
      'MPROTECT heap': 1,
      'READ home': 1,
      'WRITE home': 1,
    },
    size: 4,
    gap: 2,
    lasts: 40,
  },
  build: {
    does: {
      'OPEN home': 4,
      'READ home': 4,
      'WRITE home': 3,
      'UNLINK temp': 2,
      'EXECUTE tool': 2,
      'FORK self': 2,
      'OPEN library': 3,
      'READ library': 3,
      'MMAP library': 2,
    },
    size: 3.5,
    gap: 1.5,
    lasts: 30,
  },
}

/** Stages of an attack, in the order in which a campaign usually passes them. */
export const ATTACK: Record<string, Phase> = {
  'initial access': {
    does: { 'RECEIVE unknown': 4, 'WRITE temp': 2, 'MPROTECT code': 3, 'CHMOD temp': 3 },
    size: 4.5,
    gap: 1.5,
    lasts: 4,
  },
  execution: {
    does: { 'EXECUTE temp': 4, 'EXECUTE shell': 4, 'FORK self': 1, 'MPROTECT code': 3, 'SIGNAL other': 1 },
    size: 2,
    gap: 1.5,
    lasts: 4,
  },
  persistence: {
    does: { 'WRITE startup': 4, 'CHMOD startup': 3, 'UNLINK log': 2, 'EXECUTE shell': 1.5, 'OPEN config': 1 },
    size: 2,
    gap: 2,
    lasts: 4,
  },
  'privilege escalation': {
    does: { 'SETUID root': 4, 'READ credential': 4, 'MPROTECT code': 2, 'SIGNAL other': 2, 'EXECUTE shell': 1 },
    size: 2,
    gap: 1.5,
    lasts: 4,
  },
  'lateral movement': {
    does: { 'CONNECT peer': 4, 'SEND peer': 4, 'RECEIVE peer': 3, 'READ credential': 2 },
    size: 2.5,
    gap: 2.5,
    lasts: 5,
  },
  exfiltration: {
    does: { 'READ home': 2, 'CONNECT unknown': 2, 'SEND unknown': 7, 'UNLINK log': 1 },
    size: 5,
    gap: 1.5,
    lasts: 6,
  },
}
