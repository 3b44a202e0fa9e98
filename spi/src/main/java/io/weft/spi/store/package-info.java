// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/** The shared block storage. */
package io.weft.spi.store;
