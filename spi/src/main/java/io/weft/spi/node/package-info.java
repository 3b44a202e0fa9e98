// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/** The settings and the storage identity of a node, and the way to stop it. */
package io.weft.spi.node;
