// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/** Exactly-once sessions between two nodes, without I/O, for every transport. */
package io.weft.spi.session;
