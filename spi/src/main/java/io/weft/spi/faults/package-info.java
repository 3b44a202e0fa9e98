// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Fault injection into storage and clocks, for tests of whole nodes. */
package io.weft.spi.faults;
