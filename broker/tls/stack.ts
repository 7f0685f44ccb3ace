/**
 * Recognises the client's TLS stack by its ClientHello. The marks were measured (mbedTLS 2.28, BearSSL 0.6,
 * wolfSSL 5.5, aws-crt 1.33, OpenSSL 3, Go 1.19, Java 17, GnuTLS 3.7); a build with other options may differ, so each answer
 * says how sure it is and why.
 */

import type { Hello } from './client-hello.ts'
import { isGrease } from './names.ts'

export type Stack = {
  name: 'mbedTLS' | 'BearSSL' | 'wolfSSL' | 's2n' | 'OpenSSL' | 'Go' | 'Java' | 'GnuTLS' | 'unknown'
  confidence: 'high' | 'medium' | 'low'
  why: string
  /**
   * mbedTLS 2 writes the device's clock into its random: seconds since 1970. Never read for other stacks, and left out when it
   * can't be a clock: a build without time writes noise there.
   */
  deviceClock?: number
}

export function recogniseStack(hello: Hello): Stack {
  const order = hello.extensions.filter(id => !isGrease(id))
  const text = order.join(',')
  const groups = hello.groups ?? []
  const emptySession = hello.sessionId.length === 0
  if (
    hello.random.subarray(0, 4).equals(Buffer.alloc(4)) &&
    /^65281,(0,)?(1,)?13(,|$)/.test(text)
  ) {
    return stack(
      'BearSSL',
      'high',
      'its random starts with four zero bytes and renegotiation_info comes first',
    )
  }
  if (groups.includes(0x11ec) && text.startsWith('43,10,51,13')) {
    return stack('s2n', 'high', 'post-quantum groups and the extension order of the AWS SDKs')
  }
  if (text.startsWith('43,10,51,13'))
    return stack('s2n', 'medium', 'the extension order of the AWS SDKs')
  if (/^(0,)?(45,)?51,43,13|^45,51,43|^(0,)?13,11,(10|22)(,|$)/.test(text)) {
    return stack(
      'wolfSSL',
      text.startsWith('45,51,43') ? 'high' : 'medium',
      'the extension order of wolfSSL',
    )
  }
  if (emptySession && /^(0,)?13,10,11(,|$)|^(0,)?13,22,23|^(0,)?13,10,11,22,23/.test(text)) {
    return mbedtls(hello)
  }
  if (text.startsWith('5,10,11,13,22,23') && order.includes(28)) {
    return stack('GnuTLS', 'medium', 'the extension order of GnuTLS')
  }
  if (/^0,5,10,11,13,65281,18|^5,10,11,13,65281,18/.test(text)) {
    return stack('Go', 'medium', 'the extension order of Go')
  }
  if (/^(0,)?5,10,11,17,23|^(0,)?5,10,11,16?,?17,23|^(0,)?5,10,13/.test(text)) {
    return stack('Java', 'medium', 'the extension order of Java')
  }
  if (/^(65281,)?(0,)?(1,)?11,10(,|$)/.test(text)) {
    return stack(
      'OpenSSL',
      'medium',
      'the extension order of OpenSSL, which Node and Python use too',
    )
  }
  return stack('unknown', 'low', 'the ClientHello fits none of the stacks that are known here')
}

function mbedtls(hello: Hello): Stack {
  const seconds = hello.random.readUInt32BE(0)
  return {
    ...stack('mbedTLS', 'medium', 'an empty session id and the extension order of mbedTLS 2'),
    ...(couldBeClock(seconds) ? { deviceClock: seconds } : {}),
  }
}

/** The year after a start value that real-time clocks have (1970, 1980, 2000), or the years from 2015 to 2044. */
function couldBeClock(seconds: number): boolean {
  const year = new Date(seconds * 1000).getUTCFullYear()
  return (
    seconds > 0 &&
    (year === 1970 || year === 1980 || year === 2000 || (year >= 2015 && year < 2045))
  )
}

function stack(name: Stack['name'], confidence: Stack['confidence'], why: string): Stack {
  return { name, confidence, why }
}
