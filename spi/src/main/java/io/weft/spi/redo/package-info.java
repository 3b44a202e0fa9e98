// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/** The redo log as the cache uses it. */
package io.weft.spi.redo;
