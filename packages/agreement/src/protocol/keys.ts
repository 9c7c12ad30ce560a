/** Ed25519 (RFC 8032) keys of a team, from node:crypto. */

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import type { VigilError } from '@vigil/errors'
import { agreementError } from '../errors.ts'
import { faultOfPublicKey } from './public-key.ts'
import { type Sign, statementBytes, type Verify } from './statement.ts'

/** One agent's keys. */
export type AgentKeys = {
  readonly privateKey: KeyObject
  /** 64 hex digits: the 32 bytes of RFC 8032 */
  readonly publicKey: string
}

/** New keys of `agentCount` agents, from the system's random source. */
export function generateTeamKeys(agentCount: number): AgentKeys[] {
  return Array.from({ length: agentCount }, () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    return { privateKey, publicKey: rawPublicKey(publicKey) }
  })
}

/**
 * The keys that belong to a secret of 32 bytes: for tests and simulations that must repeat.
 *
 * @throws {VigilError} KEY
 */
export function keysOfSecret(secret: Uint8Array): AgentKeys {
  if (secret.length !== 32) throw badKey('secret', `${secret.length} bytes`)
  // PKCS 8 for Ed25519 (RFC 8410) is this prefix and the secret.
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), secret])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  return { privateKey, publicKey: rawPublicKey(createPublicKey(privateKey)) }
}

/** Signs statements with one agent's key. */
export function ed25519Sign(privateKey: KeyObject): Sign {
  return (statement) => sign(null, statementBytes(statement), privateKey).toString('hex')
}

/**
 * Verifies statements with the public keys of a team alone. OpenSSL verifies as RFC 8032 says at its strictest: S < L, and
 * R byte for byte as it is written, without the cofactor. So a signature that holds cannot be changed into another.
 *
 * @param publicKeys of agent 0, 1, ...: 64 hex digits each, no two alike; src/protocol/public-key.ts says what is refused
 * @throws {VigilError} KEY
 */
export function ed25519Verify(publicKeys: readonly string[]): Verify {
  const keys = publicKeys.map((publicKey, agent) => {
    const twin = publicKeys.indexOf(publicKey)
    const fault = faultOfPublicKey(publicKey) ?? (twin === agent ? null : `also that of agent ${twin}`)
    if (fault !== null) throw badKey(`publicKeys[${agent}]`, fault)
    const x = Buffer.from(publicKey, 'hex').toString('base64url')
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  })
  return (agent, statement, signature) => {
    if (!(agent in keys) || !/^[0-9a-f]{128}$/.test(signature)) return false
    return verify(null, statementBytes(statement), keys[agent], Buffer.from(signature, 'hex'))
  }
}

function rawPublicKey(key: KeyObject): string {
  return Buffer.from(key.export({ format: 'jwk' }).x!, 'base64url').toString('hex')
}

function badKey(field: string, received: string): VigilError {
  return agreementError('KEY', {
    field,
    requirement: 'must be 32 bytes of Ed25519, as 64 hex digits where it is public, of one agent alone',
    received,
    remedy: 'Make keys with generateTeamKeys',
  })
}
