// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/** Messages between nodes. */
package io.weft.spi.transport;
