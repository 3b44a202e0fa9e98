// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/** What all plugins that keep their part of the storage in a directory do in the same way. */
package io.weft.spi.storage;
