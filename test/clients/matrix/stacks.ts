/** The stacks of the client matrix, in the order of its page. */

import type { Row } from './expected.ts'
import { awsCrt } from './expected-aws-crt.ts'
import { bearssl } from './expected-bearssl.ts'
import { gnutls } from './expected-gnutls.ts'
import { go } from './expected-go.ts'
import { java } from './expected-java.ts'
import { mbedtls } from './expected-mbedtls.ts'
import { mosquitto } from './expected-mosquitto.ts'
import { mqttjs } from './expected-mqttjs.ts'
import { openssl } from './expected-openssl.ts'
import { python } from './expected-python.ts'
import { wolfssl } from './expected-wolfssl.ts'
import type { FindStack } from './stack.ts'
import { findAwsCrt } from './stack-aws-crt.ts'
import { findBearssl, findGnutls, findMbedtls, findWolfssl } from './stack-device.ts'
import { findGo } from './stack-go.ts'
import { findJava } from './stack-java.ts'
import { findMosquitto } from './stack-mosquitto.ts'
import { findMqttjs } from './stack-mqttjs.ts'
import { findOpenssl } from './stack-openssl.ts'
import { findPython } from './stack-python.ts'

export const stacks = {
  'aws-crt': { find: findAwsCrt, row: awsCrt },
  mbedtls: { find: findMbedtls, row: mbedtls },
  wolfssl: { find: findWolfssl, row: wolfssl },
  bearssl: { find: findBearssl, row: bearssl },
  gnutls: { find: findGnutls, row: gnutls },
  openssl: { find: findOpenssl, row: openssl },
  mosquitto: { find: findMosquitto, row: mosquitto },
  python: { find: findPython, row: python },
  mqttjs: { find: findMqttjs, row: mqttjs },
  go: { find: findGo, row: go },
  java: { find: findJava, row: java },
} satisfies Record<string, { find: FindStack; row: Row }>

export type StackId = keyof typeof stacks
