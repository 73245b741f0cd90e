# SPDX-License-Identifier: BSD-2-Clause
package Bailey::Test::Ispconfig;

# What ISPConfig 3 has in its database and in /etc/postfix, as far as mail
# filters look at it.

use v5.32;
use warnings;
use Bailey::Test::Daemon;
use Bailey::Test::Tools;
use File::Temp ();

# Why the filter cannot ask MySQL; undef if it can.
sub why_not {
	my $conf = File::Temp->new;
	print $conf 'access { table "mysql:/nonexistent" {} }';
	close $conf;
	my $said = qx(${\Bailey::Test::Daemon::program()} -t -c $conf 2>&1);
	return $said =~ /none of the types built in/ ? 'built without MySQL' : undef;
}

sub schema {
	return <<'END';
CREATE DATABASE dbispconfig;
USE dbispconfig;
CREATE TABLE mail_access (
	access_id int(11) unsigned NOT NULL AUTO_INCREMENT,
	sys_userid int(11) unsigned NOT NULL DEFAULT 0,
	sys_groupid int(11) unsigned NOT NULL DEFAULT 0,
	sys_perm_user varchar(5) DEFAULT NULL,
	sys_perm_group varchar(5) DEFAULT NULL,
	sys_perm_other varchar(5) DEFAULT NULL,
	server_id int(11) NOT NULL DEFAULT 0,
	source varchar(255) NOT NULL DEFAULT '',
	access varchar(255) NOT NULL DEFAULT '',
	type set('recipient','sender','client') NOT NULL DEFAULT 'recipient',
	active enum('n','y') NOT NULL DEFAULT 'y',
	PRIMARY KEY (access_id),
	KEY server_id (server_id, source)
) ENGINE=InnoDB DEFAULT CHARSET=utf8;
CREATE TABLE mail_domain (domain varchar(255) NOT NULL, active enum('n','y') NOT NULL DEFAULT 'y') CHARSET=utf8;
CREATE TABLE mail_user (email varchar(255) NOT NULL, greylisting enum('n','y') NOT NULL DEFAULT 'n',
	postfix enum('n','y') NOT NULL DEFAULT 'y', server_id int(11) NOT NULL DEFAULT 1) CHARSET=utf8;
CREATE TABLE mail_forwarding (source varchar(255) NOT NULL, greylisting enum('n','y') NOT NULL DEFAULT 'n',
	active enum('n','y') NOT NULL DEFAULT 'y', server_id int(11) NOT NULL DEFAULT 1) CHARSET=utf8;
CREATE USER 'ispconfig'@'localhost' IDENTIFIED BY 'se cret';
GRANT SELECT ON dbispconfig.* TO 'ispconfig'@'localhost';
END
}

# The four files, for a server on this socket: name => path.
sub files {
	my ($folder, $socket) = @_;
	my %query = (
		'virtual_client' => q{select access from mail_access where source='%s' and type='client' and active='y'},
		'virtual_sender' => q{select access from mail_access where source='%s' and type='sender' and active='y' and server_id = 1},
		'virtual_recipient' => q{select access from mail_access where source='%s' and type='recipient' and active='y' and server_id = 1},
		'virtual_policy_greylist' => q{SELECT 'greylisting' FROM (SELECT greylisting, 1 as prio FROM mail_user WHERE server_id = 1 AND email = '%s' AND greylisting='y'}
		    . q{ UNION SELECT greylisting, 2 as prio FROM mail_forwarding WHERE server_id = 1 AND source = '%s' AND greylisting='y'}
		    . q{ UNION SELECT greylisting, 3 as prio FROM mail_forwarding WHERE server_id = 1 AND source = '@%d' AND greylisting='y') AS rules ORDER BY prio LIMIT 1},
	);
	my %path;
	for my $name (keys %query) {
		$path{$name} = spew("$folder/mysql-$name.cf", <<"END");
user = ispconfig
password = se cret
dbname = dbispconfig
hosts = unix:$socket
query = $query{$name}
END
		chmod 0644, $path{$name};
	}
	return %path;
}

1;
