/**
 * What `campaign` adds to the host of `synthetic`: administrators, work that looks like an attack, hosts of unlike worth, and
 * what each stage destroys. Every number is chosen, none is measured; docs/features.md says what the choice aims at.
 */

import { DAEMON, type Phase, USER } from '../synthetic/host-phases.ts'

/** Phases of an administrator's session. */
const ADMIN: Readonly<Record<string, Phase>> = {
  shell: {
    does: {
      'EXECUTE tool': 4,
      'EXECUTE shell': 1.5,
      'FORK self': 2,
      'READ config': 3,
      'OPEN config': 2,
      'READ log': 3,
      'OPEN log': 2,
      'SIGNAL other': 0.5,
    },
    size: 2.5,
    gap: 3.5,
    lasts: 50,
  },
  remote: {
    does: {
      'CONNECT peer': 1,
      'SEND peer': 2,
      'RECEIVE peer': 2,
      'CONNECT known': 2,
      'SEND known': 4,
      'RECEIVE known': 4,
      'READ config': 2,
      'EXECUTE tool': 1,
    },
    size: 3,
    gap: 2.5,
    lasts: 40,
  },
  backup: {
    does: { 'READ home': 5, 'OPEN home': 4, 'READ config': 3, 'SEND known': 3, 'WRITE log': 2, 'READ library': 1 },
    size: 4.5,
    gap: 1.5,
    lasts: 50,
  },
}

/** Rare ordinary work that looks like some stages of an attack: single events of it tell nothing. */
const UPDATE: Phase = {
  does: {
    'RECEIVE unknown': 2,
    'WRITE temp': 3,
    'CHMOD temp': 2,
    'EXECUTE temp': 2,
    'EXECUTE shell': 2,
    'MPROTECT code': 1.5,
    'WRITE startup': 1,
    'READ library': 2,
    'FORK self': 1,
  },
  size: 4,
  gap: 1.5,
  lasts: 8,
}

const MAINTENANCE: Phase = {
  does: {
    'SETUID root': 2,
    'READ credential': 1.5,
    'EXECUTE shell': 3,
    'WRITE startup': 1.5,
    'CHMOD startup': 1.5,
    'UNLINK log': 2,
    'SIGNAL other': 2,
    'CONNECT peer': 2,
    'SEND peer': 2,
    'READ config': 2,
  },
  size: 2.5,
  gap: 2,
  lasts: 12,
}

/** Who owns a process: how many are theirs, what they do, and what of it looks like an attack. */
export const ROLES = {
  daemon: { share: 0.5, own: Object.values(DAEMON), lookalike: UPDATE },
  user: { share: 0.35, own: Object.values(USER), lookalike: UPDATE },
  admin: { share: 0.15, own: Object.values(ADMIN), lookalike: MAINTENANCE },
} as const satisfies Readonly<Record<string, { share: number; own: readonly Phase[]; lookalike: Phase }>>

export const roleNames = Object.keys(ROLES) as readonly (keyof typeof ROLES)[]

/** By what the damage on a host is multiplied, and the share of processes that run on such hosts. */
export const HOSTS = [
  { criticality: 0.25, share: 0.4 }, // workstation
  { criticality: 1, share: 0.3 }, // server
  { criticality: 3, share: 0.3 }, // database
] as const

/** Damage of one event of each stage of ATTACK, in its order: what comes late costs most. */
export const STAGE_DAMAGE = [0.5, 0.75, 1, 1.5, 2, 3] as const

/** Numbers of events of a process: uniform between both. */
export const LENGTHS = { shortest: 30, longest: 170 } as const
