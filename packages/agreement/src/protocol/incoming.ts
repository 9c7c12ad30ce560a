import { type Checking, checkOutline } from './checks.ts'
import { decodeEnvelope } from './codec.ts'

/** Decodes bytes from anybody; what belongs elsewhere or cannot be of this team is refused before it is read whole. */
export function readEnvelope(checking: Checking, bytes: unknown): ReturnType<typeof decodeEnvelope> {
  const { rules, settings } = checking
  return decodeEnvelope(
    bytes,
    settings,
    ({ domain, message }) => rules.belongs(settings.domain, domain) ?? checkOutline(checking, message),
  )
}
