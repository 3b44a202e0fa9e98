// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/**
 * Stand-ins for what surrounds a part under test: small, deterministic, and the same in every test
 * tree. Each keeps the rules of its SPI that its users rely on.
 */
package io.weft.plugin.tck.doubles;
