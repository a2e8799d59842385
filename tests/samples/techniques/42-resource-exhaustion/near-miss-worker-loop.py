"""Takes work from a queue until it is told to stop."""

import multiprocessing
import queue


def work(inbox, outbox):
    while True:
        try:
            item = inbox.get(timeout=30)
        except queue.Empty:
            return
        if item is None:
            return
        outbox.put(sum(item))


class Pool:
    def __init__(self, count=2):
        self.inbox, self.outbox = multiprocessing.Queue(), multiprocessing.Queue()
        self.workers = [multiprocessing.Process(target=work, args=(self.inbox, self.outbox)) for _ in range(count)]
        for worker in self.workers:
            worker.start()

    def close(self):
        for _ in self.workers:
            self.inbox.put(None)
        for worker in self.workers:
            worker.join()
