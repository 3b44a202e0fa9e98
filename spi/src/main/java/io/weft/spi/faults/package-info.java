// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Where faults of the machine come in, for tests of whole nodes. */
package io.weft.spi.faults;
