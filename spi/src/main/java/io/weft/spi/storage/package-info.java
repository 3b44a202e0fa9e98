// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/** Files that all plugins with a part of the storage in a directory write in the same way. */
package io.weft.spi.storage;
