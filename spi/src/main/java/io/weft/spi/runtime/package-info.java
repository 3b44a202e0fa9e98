// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/** Time, timers, waiting, randomness and threads: everything that a simulator replaces. */
package io.weft.spi.runtime;
